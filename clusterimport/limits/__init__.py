"""Every bound of the program, with its reason, and how it is told that one was reached.

What a tenant can make big, many or slow is bounded here per object and per tenant, so that one
tenant's worst costs another one little (SECURITY.md has the whole picture). A bound that an
operator may have to change is the default of a flag and says so; the others are constants, since
nothing legitimate comes near them.
"""
