"""Topics as values: declared by the editor, matched to papers, papers ranked."""
