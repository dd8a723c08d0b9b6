"""Mutations: the sources broken on purpose, one place at a time, to see that the tests notice."""
