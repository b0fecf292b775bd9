"""Figures and lists out of the house: for Swedish Excel, as CSV and XLSX."""
