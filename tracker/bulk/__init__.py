"""The same act for a whole list of people: looked at first, done in one go, and undone if it was wrong."""
