"""Import every cluster of a multi-cloud platform into Clusterpedia, and keep it true."""

__version__ = "0.1.0"
