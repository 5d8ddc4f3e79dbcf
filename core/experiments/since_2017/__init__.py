"""What changed since 2017. Experiments take (given, seed): the learner's numbers, and what networks are drawn from."""

from core.experiments.since_2017.changes import keys_of_its_own, unchanged
from core.experiments.since_2017.depth import stabler_place
from core.experiments.since_2017.experts import saves_memory, stabler_experts, times_as_many
from core.experiments.since_2017.gates import more_nonlinear
from core.experiments.since_2017.given import Given
from core.experiments.since_2017.memory import no_way_back, only_faster
from core.experiments.since_2017.norms import never_identity, stabler_norm

CLAIMS = (
    unchanged,
    never_identity,
    stabler_place,
    stabler_norm,
    more_nonlinear,
    times_as_many,
    saves_memory,
    stabler_experts,
    keys_of_its_own,
    only_faster,
    no_way_back,
)

__all__ = ["CLAIMS", "Given"]
