"""Lesson 12: the bill. `bill` says what a block costs, `tiles` walks through attention tile by tile, `cheaper` tries what
saves memory on a sentence, `paths` sets attention beside recurrence and convolution.
"""
