"""The training lab: what is played, what cannot be, and what becomes of what was learned before."""

import time

from core.training_lab import own
from core.training_lab.changes import written
from tests.pages.screen import assert_no_failure, open_page, said, sent

QUICK = {"train_task": "first letter", "train_kind": "RNN", "train_width": "8", "train_batch": "4"}


def learner(app, number=0):
    """A network of the page."""
    return app.session_state["train_player"][1].learners[number]


def test_it_is_played_stepped_and_begun_again():
    app = open_page("training_lab", **QUICK, train_updates="100")
    app.button(key="train_step").click().run()
    assert "1 of 100 updates." in said(app)
    words, tensors = sent(app, "training")
    assert [moment["update"] for moment in words["moments"]] == [0, 1]
    assert tensors["losses0"].shape == (1, 2)
    app.button(key="train_play").click().run()
    end = time.monotonic() + 60
    while "Finished. 100 of 100 updates." not in said(app):
        assert time.monotonic() < end
        time.sleep(0.1)
        app.run()
    assert_no_failure(app)
    app.button(key="train_again").click().run()
    assert "0 of 100" not in said(app)
    assert len(learner(app).losses) == 0


def test_a_second_run_learns_beside_the_first():
    app = open_page("training_lab", **QUICK, train_second_on="true", train_second_kind="GRU", train_second_width="8")
    app.button(key="train_step").click().run()
    words, tensors = sent(app, "training")
    assert words["names"] == ["First", "Second"]
    assert [len(part) > 0 for part in words["parts"]] == [True, True]
    assert tensors["losses1"].shape == (1, 2)


def test_a_network_that_cannot_be_built_is_said_and_what_was_learned_stays():
    app = open_page("training_lab", train_width="8", train_layers="1")
    app.button(key="train_step").click().run()
    before = learner(app)
    app.select_slider(key="train_heads").set_value(3).run()
    assert_no_failure(app)
    assert "8 numbers cannot be shared by 3 heads: choose a divisor of 8." in said(app)
    assert learner(app) is before
    assert len(before.losses) == 1
    assert "This network cannot be built." in said(open_page("training_lab", train_width="8", train_heads="3"))


def test_a_run_that_diverges_says_so_and_what_to_do():
    link = {
        "train_optimiser": "SGD",
        "train_rate": "10.0",
        "train_warmup": "0",
        "train_clip": "0.0",
        "train_width": "8",
    }
    app = open_page(
        "training_lab", train_layers="1", train_mlp="ReLU", train_place="post", train_without="norm", **link
    )
    for _ in range(30):
        if learner(app).diverged:
            break
        app.button(key="train_step").click().run()
    assert_no_failure(app)
    assert "The first run diverged: the" in said(app)
    assert "Start again with a smaller rate." in said(app)


def test_a_text_too_short_is_said_and_what_was_learned_before_stays():
    app = open_page("training_lab", **(QUICK | {"train_task": "your text"}))
    app.button(key="train_step").click().run()
    before = learner(app)
    app.text_area(key="train_text").set_value("a").run()
    assert_no_failure(app)
    assert "The text has 1 character: at least 200 are needed" in said(app)
    assert learner(app) is before
    app.file_uploader(key="train_text_file").upload("long.txt", b"a" * 5_000_000).run()
    assert "The file has 5,000,000 bytes: at most 1,000,000 are accepted" in said(app)
    app.file_uploader(key="train_text_file").upload("mine.txt", own.TEXT.replace("fox", "cat").encode()).run()
    assert "Learned from is mine" in said(app)
    assert "".join(learner(app).task.tests[0].source) in own.TEXT.replace("fox", "cat")


def test_a_table_without_a_second_column_is_said():
    app = open_page("training_lab", **(QUICK | {"train_task": "your pairs", "train_pairs": "cat\ndog\ncow\nhen\nbee"}))
    assert_no_failure(app)
    assert "The table has one column: pairs need two" in said(app)


def test_what_cannot_be_watched_is_said_and_what_was_learned_stays():
    app = open_page("training_lab", **QUICK)
    app.button(key="train_step").click().run()
    app.text_input(key="train_watch").set_value("h g f").run()
    assert sent(app, "training")[0]["tokens"] == ["h", "g", "f", "→"]
    app.text_input(key="train_watch").set_value("<b>").run()
    assert_no_failure(app)
    assert "is none of its letters" in said(app)
    assert len(learner(app).losses) == 1


def test_a_head_that_is_silenced_and_a_weight_that_is_set_are_in_the_link_and_made_again():
    made = {"train_width": "8", "train_layers": "1", "train_batch": "4", "train_heads": "2"}
    app = open_page("training_lab", **made)
    app.button(key="train_step").click().run()
    app.session_state["train_player"][1].change(0, "silent", (0, 1))
    app.session_state["train_player"][1].change(0, "number", (0, 3, 2), 0.5)
    link = written(app.session_state["train_player"][1].changes)
    assert link == "1:0:s:0:1,1:0:n:0:3:2=0.5"
    again = open_page("training_lab", **made, train_changes=link)
    again.button(key="train_step").click().run()
    assert learner(again).silent == {(0, 1)}
    assert learner(again).network.tokens.weight[3, 2] == 0.5
    assert sent(again, "training")[0]["silent"] == [[[0, 1]]]
    assert "2 changes of yours" in said(again)
    again.button(key="train_unchanged").click().run()
    assert learner(again).silent == set()
    broken = open_page("training_lab", **made, train_changes="<b>")
    assert_no_failure(broken)
    assert "The link's “train_changes” was ignored" in said(broken)


def test_of_two_heads_of_a_link_the_one_that_is_there_is_opened():
    sizes = {"layers": "1", "width": "8", "heads": "2", "batch": "4"}
    runs = {f"train_{name}": size for name, size in sizes.items()} | {"train_second_on": "true"}
    app = open_page("training_lab", **runs, train_open="0,1,10,0")
    app.button(key="train_step").click().run()
    assert_no_failure(app)
    assert sent(app, "training")[0]["open"] == [[0, 1], [0, 0]]
    assert "in 1 layer × 2 heads and 2 layers × 4 heads, not “0,1,10,0”" in said(app)


def test_a_link_says_what_a_control_shows_and_only_what_it_does_not_offer_is_ignored():
    shown = open_page("training_lab", train_kv="as many")
    assert "was ignored" not in said(shown)
    never_shown = open_page("training_lab", train_kv="0")
    assert "“train_kv” was ignored: it should be one of as many, 1, 2, 3, 4, 6, 8, not “0”" in said(never_shown)


def test_a_teachers_link_hides_controls_and_shows_a_line_as_text():
    link = {"train_hide": ["heads", "seed"], "train_line": "Find <b>the mask</b> that *leaks*", "train_mask": "all"}
    app = open_page("training_lab", **link)
    assert "Find <b>the mask</b> that *leaks*" in [element.value for element in app.text]
    (style,) = [element.proto.body for element in app.get("html") if "display:none" in element.proto.body]
    assert style == "<style>.st-key-train_heads,.st-key-train_kv,.st-key-train_seed{display:none!important}</style>"
    assert learner(app).settings.sizes.mask == "all"
    strange = open_page("training_lab", train_hide="x{}</style><script>", train_line="")
    assert not [element for element in strange.get("html") if "display:none" in element.proto.body]


def test_pictures_are_drawn_beside_what_is_said_of_them():
    words, tensors = sent(open_page("training_lab", train_task="small pictures", train_width="8"), "training")
    assert (words["side"], tensors["pictures"].shape) == (4, (4, 16, 16))
    assert (words["tokens"][0], words["tokens"][-1]) == ("a1", "→")


def test_columns_of_pairs_are_chosen_and_those_of_the_link_that_are_not_there_are_left():
    table = "id,word,sound\n" + "\n".join(f"{number},a{number},b{number}" for number in range(10, 40))
    link = QUICK | {"train_task": "your pairs", "train_pairs": table}
    app = open_page("training_lab", **link)
    assert "Read “word”, write “sound”" in said(app)
    app.selectbox(key="train_writes").set_value("id").run()
    assert_no_failure(app)
    assert "Read “word”, write “id”" in said(app)
    assert learner(app).task.tests[0].target[0].isdigit()
    app.selectbox(key="train_reads").set_value("id").run()
    assert "Both are the column “id”" in said(app)
    app = open_page("training_lab", **link, train_reads="nowhere", train_writes="word")
    assert_no_failure(app)
    assert "Both are the column “word”" in said(app)


def hidden(app) -> str:
    """What the page takes out of sight."""
    return "".join(element.proto.body for element in app.get("html") if "display:none" in element.proto.body)


def test_who_hides_the_menu_of_a_class_keeps_it_and_who_opens_the_address_does_not_find_it():
    app = open_page("training_lab")
    app.multiselect(key="train_hide").set_value(["seed", "this menu"]).run()
    assert_no_failure(app)
    assert "st-key-train_seed" in hidden(app)
    assert "class_menu" not in hidden(app)
    assert "This menu stays with you" in said(app)
    app.toggle(key="train_show_all").set_value(True).run()
    assert hidden(app) == ""
    assert "st-key-train_class_menu" in hidden(open_page("training_lab", train_hide=["seed", "this menu"]))


def test_a_teacher_finds_what_the_address_hides_and_sends_on_an_address_that_does_not_say_so():
    link = {"train_hide": ["seed", "this menu"], "train_line": "Find it"}
    assert not [each for each in open_page("training_lab", **link).toggle if each.key == "train_show_all"]
    app = open_page("training_lab", **link, train_teacher="true")
    assert hidden(app) == ""
    assert "train_teacher" not in app.query_params
    app.toggle(key="train_show_all").set_value(False).run()
    assert "st-key-train_seed" in hidden(app)
    assert "class_menu" not in hidden(app)
    app.multiselect(key="train_hide").set_value([]).run()
    assert hidden(app) == ""
    assert said(open_page("training_lab", **link, train_teacher="yes")).count("“train_teacher” was ignored") == 1
