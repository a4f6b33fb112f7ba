"""How well texts are understood: classification on sets of real text, and the teaching of what ships."""
