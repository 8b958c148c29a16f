"""The recipes of docs/recipes.md."""
