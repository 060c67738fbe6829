"""Names that have broken maps: markup, templates, script ends, control signs, lone surrogates."""

MARK = "window.__hit=1"
SEEDS = (
    "<script>{m}</script>", "</script><script>{m}</script>", "<img src=x onerror={m}>", "<svg onload={m}>", "'\"><script>{m}</script>",
    "javascript:{m}", "{{{{{m}}}}}", "{{{{cycler.__init__.__globals__.os.popen('x')}}}}", "{{% for x in ().__class__ %}}", "${{{m}}}",
    "`${{{m}}}`", "`+({m})+`", "\\`${{{m}}}", "]]><script>{m}</script>", "<!--<script>{m}", "--><script>{m}</script>", "<!-- <script> {m}",
    "\u2028{m}//", "\u2029{m}//", "\u202e<script>{m}</script>", "\ud800<b>{m}", "\udfff{m}", "\x00<script>{m}</script>", "\x1b]0;{m}\x07",
    "<iframe srcdoc='<script>parent.{m}</script>'>", '<a href="javascript:{m}">x</a>', "<style>@import 'http://e.invalid/{m}'</style>",
    "<link rel=stylesheet href=http://e.invalid/{m}>", "<meta http-equiv=refresh content='0;url=http://e.invalid/{m}'>",
    "<base href=http://e.invalid/{m}>", "&lt;script&gt;{m}&lt;/script&gt;", "&#60;script&#62;{m}", "\\u003cscript\\u003e{m}", "\\x3cscript>{m}",
    "C:\\users\\unit5 {m}", "Clinic {{{{ open {m}", "Ward {{{{12}}}} {m}", '=HYPERLINK("http://e.invalid";"{m}")', "__proto__ {m}",
    "constructor {m}", '"}});{m};//', "');{m};//", "</textarea><script>{m}</script>", "</title><script>{m}</script>",
    '<math><mi xlink:href="javascript:{m}">x', "<form action=javascript:{m}><button>", "<details open ontoggle={m}>",
    "<video><source onerror={m}>", "<object data=javascript:{m}>", "<embed src=javascript:{m}>",
)  # fmt: skip
PAYLOADS = tuple(seed.format(m=f"{MARK}") + tail for tail in ("", " é", " 医院\t") for seed in SEEDS)
"""150 hostile names."""
