"""Go programs that check what is not Python, built once per user: Helm and actionlint."""
