"""Hands of people in the real tools: each module is one tool as `syncengine.testing.tool.Tool`, without our code in between."""
