"""Retrieval and generation: passages of documents found by meaning and by words, answers made of them."""
