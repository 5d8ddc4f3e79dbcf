"""One claim = one small function that measures it and says whether it holds.

`operator`, `sets`, `masking` and `many_heads` each have their claims in teaching order as `CLAIMS`. All experiments of
one of them take the same arguments, so that a page can run any of them on the learner's own numbers.
"""
