"""The training lab: small tasks, small networks, and how one learns the other while somebody looks."""
