"""The methods of the Web API that are modelled, one file per family; all others are refused."""
