"""What is asked of a person: form definitions, the one validator of answers, the two files that draw.

Nothing here knows of cases, of a database or of the web; expressions come in through a parser that is handed
in.
"""
