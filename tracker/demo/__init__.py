"""The demo: four municipalities, 3,405 employments, two years of history. Every person in it is invented."""
