"""Evenhand: the nightly machine of a neutral IT-success benchmark."""

__version__ = "0.1.0"
