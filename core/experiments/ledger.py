"""The ledger: all that the five notes claim, numbered, with the experiment that judges it and the step that shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from core.experiments import (
    attention,
    block,
    bottleneck,
    captioning,
    cost,
    encoder_decoder,
    further,
    looking_back,
    masks,
    model_family,
    multi_head,
    positions,
    self_attention,
    since_2017,
    vision_transformer,
)
from core.experiments.claim import Claim

COUNT: Final = 87
NOTES: Final = {
    "S0": "CS5242",
    "S1": "Day 71",
    "S2": "CS231n 2022",
    "S3": "recall cards",
    "S4": "CS231n 2025",
}
PACKAGES: Final = (
    *(bottleneck, looking_back, captioning, attention, self_attention, positions, masks, multi_head, block),
    *(encoder_decoder, vision_transformer, cost, since_2017, model_family, further),
)
_CLAIMS: Final = {
    f"{package.__name__.rpartition('.')[2]}.{claim.name}": claim for package in PACKAGES for claim in package.CLAIMS
}


@dataclass(frozen=True)
class Row:
    """One claim of the ledger, or one half of it.

    number   1 to COUNT; half: 0, or which of several sentences on one claim.
    claim    what is said, judged and measured.
    notes    where the notes say it, as `S1:20`: note and line.
    lesson   the page that it belongs to; step: the label of the step that shows it, with these controls set.
    trains   the experiment trains a toy: seconds, and not milliseconds.
    """

    number: int
    half: int
    claim: Claim
    notes: tuple[str, ...]
    lesson: str
    step: str
    sets: Mapping[str, str] = field(default_factory=dict)
    trains: bool = False

    @property
    def key(self) -> int:
        """What tells it apart from all others, fit for a link."""
        return 10 * self.number + self.half

    @property
    def name(self) -> str:
        """Its number for a person, with a letter where a claim has several sentences."""
        several = sum(row.number == self.number for row in ROWS) > 1
        return f"{self.number}{chr(ord('a') + self.half)}" if several else str(self.number)

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The notes that say it, each once, as S0 to S4."""
        return tuple(dict.fromkeys(place.partition(":")[0] for place in self.notes))


def _read(table: str) -> tuple[Row, ...]:
    """The rows of the table below: number, claim, step with controls, notes; a star for one that trains."""
    rows: list[Row] = []
    for line in filter(None, map(str.strip, table.splitlines())):
        number, name, shown, notes = (cell.strip() for cell in line.split("|"))
        trains, name = name.endswith("*"), name.rstrip("*")
        step, *sets = (part.strip() for part in shown.split(";"))
        lesson, _, step = (part.strip() for part in step.partition(":"))
        half = sum(row.number == int(number) for row in rows)
        places = tuple(filter(None, notes.split(" ")))
        controls = dict(each.split("=") for each in sets)
        rows.append(Row(int(number), half, _CLAIMS[name], places, lesson, step, controls, trains))
    return tuple(rows)


# number | claim | page: step; controls | where the notes say it
ROWS: Final = _read("""
1 | bottleneck.not_parallel | bottleneck: h | S0:12 S1:138 S2:62 S4:136
2 | bottleneck.fail_on_long_range* | bottleneck: felt; network=LSTM | S0:14 S2:60
3 | bottleneck.vanish_or_explode | bottleneck: felt; network=by hand | S0:16 S1:140 S3:37
4 | bottleneck.focuses_on_the_latter | bottleneck: felt; network=LSTM | S3:36
5 | bottleneck.fixed_context* | bottleneck: c | S2:12 S4:12
6 | looking_back.any_length* | looking_back: h | S4:21 S4:37 S4:39
6 | attention.dilution | attention: weights | S4:21
7 | bottleneck.too_many_parameters | bottleneck: states; network=LSTM | S0:18
8 | looking_back.weighted_sum | looking_back: c | S4:25 S2:16
9 | looking_back.similarity | looking_back: scores | S4:24
9 | attention.linear_score | attention: scores | S4:24
10 | further.supervised* | looking_back: weights | S4:47
10 | looking_back.mystery | looking_back: next | S4:48
11 | captioning.another_region | captioning: weights | S2:12 S2:19
12 | attention.one_operator | attention: output | S4:58
13 | attention.many_queries | attention: output | S4:67
14 | attention.where_and_what | attention: Q, K, V | S3:71
14 | attention.value_is_matched | attention: Q, K, V | S4:73
15 | attention.scaling | attention: why √d | S0:31 S2:30 S3:77
15 | attention.scale_afterwards | attention: scaled | S1:24
15 | attention.head_width | attention: scaled | S3:79
16 | attention.vanishing_gradient | attention: why √d |
17 | attention.softmax_regularises | attention: weights | S2:14
18 | attention.output_is_a_distribution | attention: hull | S3:81
19 | attention.another_name | attention: scores | S1:20
19 | masks.global_is_self | masks: mask M | S0:24
20 | attention.pairs | attention: output | S3:55 S3:57
21 | self_attention.only_the_others | self_attention: weights | S1:75 S1:120
22 | attention.weight_is_importance | attention: weights | S1:20 S1:23 S3:47
23 | self_attention.correlation | self_attention: and back | S3:58
24 | self_attention.fused | self_attention: Q, K, V | S4:86
25 | self_attention.sizes | self_attention: Q, K, V | S1:82 S1:95
26 | self_attention.equivariant | self_attention: shuffled | S4:90 S4:95
27 | self_attention.invariant | self_attention: mean | S2:39
28 | positions.order_unknown* | positions: weights | S4:100
29 | positions.joined | positions: added; numbers=by hand | S2:39 S4:101
30 | positions.fixed_function* | positions: E + P | S4:101
30 | positions.added_code | positions: RoPE; numbers=by hand | S4:99
31 | positions.one_of_its_own | positions: P; numbers=by hand | S2:41
31 | positions.one_rotation | positions: shift; numbers=by hand | S2:41
32 | vision_transformer.order_needs_positions | vision_transformer: + P | S1:153
33 | masks.no_look_ahead | masks: masked | S2:46 S4:106 S4:108
34 | masks.mask_afterwards | masks: wrong way |
35 | masks.images | masks: mask M | S4:159
36 | masks.local_saves | masks: mask M | S0:35 S3:90
36 | masks.mask_alone | masks: reach | S3:90
36 | masks.elsewhere | masks: mask M | S0:35
37 | multi_head.batched | multi_head: stacked | S4:120 S3:101
38 | multi_head.just_reshape | multi_head: stacked | S4:123
39 | multi_head.cut_input | multi_head: cut | S4:122 S3:102 S3:106
40 | multi_head.block_diagonal | multi_head: X·W_Q | S3:100
41 | multi_head.own_group | multi_head: mixed | S0:42
42 | multi_head.concatenated | multi_head: merged | S0:43 S4:125
43 | multi_head.diverse | multi_head: one head | S0:44 S0:51
43 | multi_head.one_wide_head* | multi_head: one head | S0:44
43 | multi_head.part_ways* | multi_head: one head | S0:44
44 | multi_head.heads_are_layers | multi_head: weights | S4:114
45 | multi_head.enhanced | multi_head: mixed | S0:49
46 | multi_head.same_size | multi_head: X·W_Q | S4:123
47 | block.same_for_all | block: batch | S0:55 S0:56
48 | block.only_attention | block: coupling | S2:100
49 | block.standard_network | block: wide | S1:35
50 | block.ever_stronger | block: taken out | S4:146
51 | block.cannot_do_nothing | block: add 2 | S4:170
51 | since_2017.never_identity | since_2017: place | S4:170
52 | since_2017.stabler_place* | since_2017: place | S4:171 S4:172
53 | since_2017.stabler_norm | since_2017: norms | S4:178
54 | since_2017.more_nonlinear* | since_2017: gate | S4:184
55 | since_2017.times_as_many | since_2017: experts | S4:194
56 | since_2017.stabler_experts* | since_2017: experts | S4:195
57 | since_2017.unchanged | since_2017: block | S4:165
58 | model_family.embedding_is_new | model_family: one-hot | S4:149
59 | cost.dominates | cost: FLOPs | S1:151 S4:129
59 | cost.dearer | cost: work; part=paths | S4:129
60 | cost.whole_table | cost: A | S2:69 S4:130
61 | cost.moving_less | cost: tile; part=tile by tile | S4:131
62 | encoder_decoder.all_at_once | encoder_decoder: passes | S1:138 S2:68
63 | cost.generates | encoder_decoder: passes | S1:138
64 | cost.long_texts | cost: path; part=paths | S4:137
65 | cost.reaches | cost: heard; part=paths | S1:140 S2:66
66 | cost.ability | cost: ability | S4:140
67 | model_family.fills_gaps* | model_family: p | S1:160
68 | model_family.left_alone* | model_family: both |
69 | model_family.decoder_part | model_family: block; system=the family | S1:162
70 | further.head_for_each_task | model_family: prefix; system=T5 | S1:164
71 | model_family.billions | model_family: tree; system=the family | S1:142
72 | further.patches_are_tokens | vision_transformer: patches | S1:166 S4:154
73 | vision_transformer.destroys_position | vision_transformer: + P | S4:155
74 | further.class_token_required | vision_transformer: pooled | S4:156 S4:160
75 | vision_transformer.few_pictures* | vision_transformer: class | S1:153
76 | further.every_pair | model_family: scores; system=CLIP | S0:65
77 | model_family.video_system | model_family: clean; system=Sora | S0:63
78 | further.replaces_convolutions* | vision_transformer: class | S2:118 S2:120
79 | encoder_decoder.without_a_cnn | encoder_decoder: patches; reads=a scene: raw patches | S2:106
80 | further.next_review | recall: | S3:7 S3:99
81 | block.type_of_layer | block: stream | S2:114
82 | bottleneck.ordered | bottleneck: h | S2:61
83 | self_attention.love | self_attention: weights | S3:59
84 | self_attention.same_for_every_sentence | self_attention: Q, K, V | S3:79
85 | attention.similarity | attention: scores | S3:76
86 | multi_head.always_many | multi_head: X·W_Q | S4:116 S4:121
87 | model_family.versatile | model_family: out; system=the family | S1:144
""")
BY_KEY: Final = {row.key: row for row in ROWS}


def beyond() -> dict[str, Claim]:
    """What the lessons put to the test and no note says, by package and name."""
    known = {id(row.claim) for row in ROWS}
    return {name: claim for name, claim in _CLAIMS.items() if id(claim) not in known}


# every claim of the course: those of the ledger by their numbers, all others by package and name
BY_NAME: Final = {row.name: row.claim for row in ROWS} | beyond()
