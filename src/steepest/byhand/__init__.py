"""Everything worked by hand: plain arithmetic with its formulas shown, and checked against the machine.

formulas -> a table of cells -> check against autograd, the library or the rule itself
exercises -> answer key -> students' answers -> grades
"""
