"""HTTP doors of the knowledge base: its spaces, its texts, their way to the reader, the company's words."""

from qiao.knowledge.articles.routes import lifecycle, spaces, synonyms, texts

# The steps of the lifecycle come before the older `…/{step}` of texts, which would take their paths.
routers = [spaces.router, synonyms.router, *lifecycle.routers, texts.router]
