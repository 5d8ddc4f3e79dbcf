"""Recall: cards, two schedulers that say when a card is due again, and the files of other programs."""
