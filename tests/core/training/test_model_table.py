"""README's table of our models says what their figures say, and leaves none out."""

from pathlib import Path

from core.models import checkpoints, offline
from core.training import model_table

README = (Path(__file__).parents[3] / "README.md").read_text("utf-8")


def test_readme_quotes_the_figures_of_the_models_that_ship():
    assert model_table.table() in README


def test_every_model_that_ships_stands_in_it():
    table = model_table.table()
    assert [name for name in (*checkpoints.names(), *offline.SHIPPED) if name not in table] == []
