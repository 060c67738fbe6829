#!/bin/sh
# Starts the desk from where this file lies; folders may have any name.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 2
python=$here/python/bin/python@PYTHON@
[ -x "$python" ] || python=$(command -v python@PYTHON@) || {
  echo "没有找到 Python @PYTHON@。 Python @PYTHON@ was not found." >&2
  [ -t 0 ] && read -r _
  exit 2
}
"$python" -I "$here/start.py" "$@"
code=$?
[ "$code" -eq 0 ] || { [ -t 0 ] && { echo "按回车键关闭。 Press Enter to close." >&2; read -r _; }; }
exit "$code"
