"""Lesson 6: positions. `real` reads a sentence with a model's own, `by_hand` turns a few numbers, `questions` grades.

`traces` declares what both compute, with its formulas and words.
"""
