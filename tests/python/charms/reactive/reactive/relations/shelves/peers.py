"""The units among themselves."""

from charms.reactive import Endpoint


class Shelves(Endpoint):
    pass
