"""Words that turn a question into another: who asks how to close an account is not told how to open one."""

import re
from functools import lru_cache
from typing import Final

# Two sides a line, words of one side by blanks; of Latin words the beginning is enough where a + follows.
_PAIRS: Final = """
开通 打开 开启 启用 开户 激活 办理 注册 申请开 | 关闭 关掉 关了 停用 注销 销户 取消 退订 关停 停掉 撤销
绑定 关联 绑上 添加 新增 | 解绑 解除 换绑 删除 移除 去掉 解除绑定
提高 提升 增加 调高 上调 加大 涨 多开 | 降低 减少 调低 下调 缩减 减小 降额
转入 转进 存入 充值 充钱 存钱 收款 收钱 | 转出 提现 取出 提取 取钱 取款 付款
登录 登入 登陆 | 退出登录 登出 退出账号
购买 买入 下单 | 卖出 出售 转让
提前 提早 早点 | 延后 延期 推迟 晚点 延迟
收到 | 寄出 发出
收件人 收货人 | 寄件人 发货人
借款 借钱 贷款申请 | 还款 还钱 还贷
冻结 锁定 挂失 | 解冻 解锁 解除挂失 解挂
允许 同意 接受 | 拒绝 拒收 禁止
自动 | 手动
国内 境内 | 国外 境外 国际 海外
进口 | 出口
线上 网上 | 线下 门店 实体店
信用卡 贷记卡 | 借记卡 储蓄卡
个人 | 公司 企业 单位 对公
专用发票 专票 | 普通发票 普票
电子发票 电子票 | 纸质发票 纸质票
退货 退掉 | 换货 换一件
儿童 小孩 | 成人 大人 婴儿 老人
每日 每天 日限额 单日 | 每月 月限额 每年 单笔
包月 月付 按月 | 包年 年付 按年
之前 以前 前能 | 之后 以后 后能
最高 最多 上限 最大 | 最低 最少 下限 最小 起步
密码 | 用户名
上传 | 下载
隐藏 | 显示
男 | 女
白天 | 夜间 晚上
左 | 右
open activate+ enable+ register+ signup subscribe start+ | close closing deactivate+ disable+ cancel+ unsubscribe stop+
on | off
add adding link linking connect+ | remove removing unlink+ disconnect+ delete+
increase+ raise raising higher upgrade+ | decrease+ lower+ reduce+ reducing downgrade+
deposit+ topup top-up | withdraw+
send sending sent | receive+ receiving
buy buying purchase+ | sell selling
lock+ freeze freezing block+ | unlock+ unfreeze unblock+
login | logout
before | after
incoming inbound | outgoing outbound
domestic | international abroad overseas foreign
credit | debit
personal | business company corporate
monthly month | yearly annual+ year
daily | weekly monthly
minimum min least | maximum max most
upload+ | download+
import+ | export+
hide hiding | show
early earlier sooner | late later
return+ | exchange+
child children kid kids | adult+
physical | virtual
hire | fire
win | lose
"""


def _pattern(words: str) -> re.Pattern[str]:
    parts = []
    for word in words.split():
        if not word.isascii():
            parts.append(re.escape(word))
        elif word.endswith("+"):
            parts.append(rf"\b{re.escape(word[:-1])}\w*")
        else:
            parts.append(rf"\b{re.escape(word)}\b")
    return re.compile("|".join(parts))


_SIDES: Final = [tuple(map(_pattern, line.split("|"))) for line in _PAIRS.strip().splitlines()]


@lru_cache(maxsize=20_000)
def sides(normal: str) -> frozenset[int]:
    """What a normalised text says of the pairs: n for the first side of the nth, -n for the second, neither for both."""
    found = set()
    for number, (one, other) in enumerate(_SIDES, 1):
        first, second = one.search(normal) is not None, other.search(normal) is not None
        if first != second:
            found.add(number if first else -number)
    return frozenset(found)


def opposed(asked: str, said: str) -> bool:
    """Whether one normalised text says the opposite of what the other says."""
    mine = sides(asked)
    return bool(mine) and any(-side in sides(said) for side in mine)
