"""House rules beyond the standard: who may, who is asked, when it is due, whether to try again.

Pure: a rule here is handed everything it needs, the moment and the draw of chance included.
"""
