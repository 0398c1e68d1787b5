"""Every part, in the order in which they are carried out."""

from . import chaos, flips, fuzzing, injections, kills, systems

PARTS = {each.PART.name: each.PART for each in (kills, injections, chaos, flips, fuzzing, systems)}
