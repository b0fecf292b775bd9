"""Letting completions of one course count as another's, or no longer: weighed before it is done."""
