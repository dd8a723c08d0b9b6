"""What a person types, read into shaped arrays: declarations, expressions, statements, errors."""
