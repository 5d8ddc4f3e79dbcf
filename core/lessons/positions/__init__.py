"""Lesson 6: positions. `real` reads a sentence with a model's own, `by_hand` turns a few numbers, `questions` grades."""
