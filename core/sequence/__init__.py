"""Sequence to sequence with recurrent networks: cells, encoder, decoders with and without attention, decoding."""
