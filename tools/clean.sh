#!/bin/sh
# Removes what was built; the data only after a yes typed by a person.
set -eu
venv=$1
data=${QIAO_DATA:-data}

say() {
  case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in
    zh*) printf '%s' "$1" ;;
    *) printf '%s' "$2" ;;
  esac
}

rm -rf "$venv" qiao/web_dist web/node_modules web/*/node_modules .cache dist build \
  .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
find qiao tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
say '已删除环境、构建结果和缓存。
' 'Removed the environment, what was built, and the caches.
'
[ -d "$data" ] || exit 0
if [ ! -t 0 ]; then
  say "数据目录 $data 保留不动。
" "The data folder $data is kept.
"
  exit 0
fi
say "要删除数据目录 $data 吗？其中的会话、客户和知识无法恢复。输入 yes 删除：" \
    "Delete the data folder $data? Its conversations, customers and knowledge cannot be brought back. Type yes to delete: "
read -r answer
if [ "$answer" = yes ]; then
  rm -rf "$data"
  say '已删除。
' 'Deleted.
'
else
  say '已保留。
' 'Kept.
'
fi
