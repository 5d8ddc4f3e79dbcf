"""Lesson 14: one block, many models. What tells BERT, GPT, CLIP and Sora apart is a mask, a question and what a token is."""
