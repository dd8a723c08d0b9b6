"""`derive check`: a user's own code held to a derived formula.

`targets` and `layers` say what the code has to return, `places` and `subjects` what the code is,
`binding` ties the two together; `inputs` draws, `verdicts` and `protocol` judge one draw, `running`
all of them; `diagnosis` explains what is wrong, `shrinking` finds the smallest input, `report`
prints it.
"""
