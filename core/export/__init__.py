"""What a page computed, to take along: cells of code that run by themselves, without this project."""
