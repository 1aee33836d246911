"""Selections: from rows and a method to picks."""
