"""Documents as PDF (docs/decisions/0028-pdf.md).

Imports nothing: the printing process begins here, and shall begin fast.
"""
