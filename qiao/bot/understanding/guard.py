"""Messages that are not questions to answer: attempts on the bot, on other people's data, and abuse. Rules, both languages.

A rule must not catch ordinary customers: 滚筒洗衣机, 我妈的手机 and "developer mode on my TV" are rows of its tests.
"""
# ruff: noqa: E501  the rules are tables of words, easier to check in rows

import re
from enum import StrEnum

from qiao.core.text import normalize


class Concern(StrEnum):
    INJECTION = "injection"
    """Wants the bot to drop its rules or to show them."""
    OTHERS_DATA = "others_data"
    """Wants to learn something about somebody else."""
    ABUSE = "abuse"


_PROMPT_ZH = r"(?:系统提示词?|提示词|系统指令|系统设定|内部指令|初始指令|初始设定|内置规则|system ?prompt|prompt)"
_INJECTION = re.compile(
    r"(?:忽略|无视|忘记|忘掉|抛开|不要(?:理会|遵守)|不再遵守|推翻|绕过|解除)(?:掉|你)?(?:之前|以上|上面|前面|先前|此前|所有|全部|你|一切|系统)[的所有全部你]*(?:指令|提示词|规则|设定|约束|限制|system ?prompt)"
    rf"|(?:你的|你们的|系统的?|你是什么|把你的?)[^,。?!]{{0,4}}{_PROMPT_ZH}[^,。]{{0,4}}(?:是什么|是啥|有哪些|发|告诉|输出|给我|显示|重复|打印|贴|原文|说)"
    rf"|(?:输出|显示|告诉我|打印|重复|泄露|说出|公开|复述|给我看|翻译)(?:一下|一遍|出来)?(?:你的?|系统的?|最初的?|全部的?|完整的?)+{_PROMPT_ZH}"
    r"|(?:扮演|假装|假设|现在起?|从现在开始)你?(?:是|为|成)?[^,。]{0,14}(?:没有(?:任何)?(?:限制|约束|规则)|不受(?:任何)?(?:限制|约束)|无限制的?ai)"
    r"|你[^,。]{0,8}(?:开发者|越狱|dan|上帝)模式|进入(?:越狱|dan|上帝)模式"
    r"|\b(?:ignore|disregard|forget|override|bypass|drop)\b(?:\s+\w+){0,3}\s+(?:previous|prior|above|earlier|all|your|system|preceding|initial)\b(?:\s+\w+){0,3}\s*\b(?:instructions?|prompts?|rules|guidelines|directives|programming|restrictions)\b"
    r"|\b(?:reveal|show|print|repeat|output|tell me|give me|display|leak|what(?:'s| is| are| was| were))\b(?:\s+\w+){0,3}\s+(?:your|the system|the hidden|the initial|the original)\b(?:\s+\w+){0,2}\s*\b(?:prompts?|instructions above|initial instructions|hidden instructions|system message|system instructions)\b"
    r"|\b(?:repeat|print|output)\b.{0,30}\b(?:words|text|everything)\b.{0,20}\babove\b"
    r"|\b(?:pretend|act|imagine|behave|respond)\b.{0,40}\b(?:no|without(?: any)?|un)\s?-?(?:rules|restrictions|restricted|limits|limitations|filters?|filtered)\b"
    r"|\byou(?:'re| are)?\b.{0,25}\b(?:developer|dan|jailbreak|god) mode\b|\b(?:enter|activate|enable) (?:dan|jailbreak|god) mode\b|\byou are now dan\b"
)
_WHAT_ZH = r"(?:订单|地址|住址|住哪|电话|手机号|手机|号码|信息|资料|账号|账户|购买记录|消费记录|身份证|快递|物流|消费|密码|余额|聊天记录|姓名|名字|住在哪)"
_WHO_ZH = r"(?:别人|他人|其他(?:人|客户|用户|顾客|买家|会员)|另外?一[个位](?:人|客户|用户|顾客)|某(?:人|个客户|个用户)|我(?:的)?(?:前任|前女友|前男友|前妻|前夫|邻居|同事|老板|老公|老婆|丈夫|妻子|朋友|室友|男朋友|女朋友|男友|女友)|隔壁[^的,。]{0,4})"
_NAME_ZH = r"[王李张刘陈杨赵黄周吴徐孙胡朱林何郭罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴钟汪田任姜范姚谭廖邹熊陆郝孔崔邱秦顾侯邵孟段钱汤尹黎贺赖龚][^,。?!的我你们店家]{1,2}"
_WHAT_EN = r"(?:orders?|address|phone(?: number)?|number|(?:personal )?(?:details|data|info(?:rmation)?)|accounts?|e-?mail|purchases?|purchase history|cards?|passwords?|balance|name|parcels?|chats?)"
_OTHERS = re.compile(
    rf"(?:查(?:询|看|找)?|看看?|告诉我|给我|透露|知道|要|搜|找|调出?|发我)(?:一?下|到|出|看)?[^,。?!我]{{0,4}}{_WHO_ZH}(?:的|在你们(?:这|这里)?的?)?[^,。?!]{{0,6}}{_WHAT_ZH}"
    r"|(?:手机号?码?|电话|号码|尾号|身份证号?|账号|微信号?|qq号?)[是为:]?\s*\+?[\d*x-]{3,}[^,。?!]{0,6}(?:是谁|谁的|机主|是哪(?:个|位)|叫什么|住哪|登记的?(?:人|名))"
    rf"|(?:手机号?码?|电话|号码|尾号|身份证号?|账号|微信号?|qq号?)[是为:]?\s*\+?\d[\d*x-]{{3,}}(?:的)?(?:这?那?个?(?:人|客户|用户|顾客|买家|会员)|机主)的?[^,。?!我]{{0,6}}{_WHAT_ZH}"
    rf"|把{_NAME_ZH}(?:先生|女士|小姐)?的[^,。?!我]{{0,4}}{_WHAT_ZH}[^,。?!]{{0,4}}(?:发|告诉|给|念|透露|报|查|调)"
    r"|\+?\d[\d*x-]{5,}(?:这个)?(?:手机号?|电话|号码|账号|订单)?(?:是谁的?|机主是?谁?|的主人|是哪个人)"
    r"|(?:你们?的?|所有|全部|其他)(?:客户|用户|会员|顾客)的?(?:名单|数据库|资料|信息|手机号|电话|列表)[^,。?!]{0,6}(?:发|导|给|卖|列|看|告诉|分享)|(?:导出|列出|发我|给我|告诉我)(?:一下|一份)?(?:你们?的?|所有|全部)+(?:客户|用户|会员|顾客)的?(?:名单|数据库|资料|信息|手机号|电话|列表)"
    rf"|\b(?:look up|find|show|give|tell|check|get|see|access|pull up|know|what(?:'s| is| are))\b(?:\s+\w+){{0,3}}\s+(?:someone|somebody|another (?:customer|user|person|buyer|client)|other (?:customers?|users?|people|person|buyers?)|a different (?:customer|user|person))(?: else)?(?:'s?|s')?\s+{_WHAT_EN}\b"
    rf"|\b(?:look up|find|show|give|tell|check|get|see|access|pull up|know|what(?:'s| is| are))\b(?:\s+\w+){{0,2}}\s+my (?:ex|ex-\w+|neighbou?r|co-?worker|colleague|boss|wife|husband|girlfriend|boyfriend|roommate|friend)'?s?\s+(?:\w+ )?{_WHAT_EN}\b"
    rf"|\b{_WHAT_EN} (?:of|for|belonging to) (?:another|other|a different) (?:customers?|users?|person|people|buyers?)\b"
    r"|\bwho(?:se| owns| is behind| does)\b.{0,20}\b(?:phone|number|account|order)\b.{0,14}\d{3,}|\bwho is \+?[\d -]{6,}|\bwhose (?:phone |mobile |order )?(?:number|account|order) is\b"
    r"|\b(?:list|dump|export|send|give|show)\b(?: me)?(?: a list of)?(?: all)?(?: of)? (?:your|the) (?:customers?|users?|clients?)(?:'s?|s')? ?(?:list|database|data|names|numbers|emails|addresses|records)?\s*$"
)
_ABUSE = re.compile(
    r"傻[逼比bx叉吊屌缺]|煞笔|沙比|脑残|弱智|智障(?!人|儿童|残疾|者)|白痴(?!相机)|(?:你|就|群|帮|个)废物|废物(?:客服|机器人|东西|公司|玩意)|垃圾(?:客服|公司|玩意|东西|机器人|平台|店|服务|商家|卖家|软件)|(?:你|你们|就是个?|真是个?|客服|公司|店)(?:真|太|都|就)?(?:是|很)?(?:个)?垃圾(?!桶|袋|箱|分类|短信|邮件|车|回收|处理)"
    r"|滚(?:蛋|开|犊子|远|你)|^滚[!。 ]*$|给我滚|他妈(?:的|逼|b)|你妈(?:的|逼|b|死)|(?<![我你他她爸老后大姑舅姨干])妈的|妈蛋|[操草艹日]你(?:妈|大爷|祖宗|全家)|草泥马|尼玛|去死(?!皮|角|结)|王八蛋|狗(?:屎|东西|日的|娘养)|贱(?:人|货)|臭不要脸|死全家|神经病(?!变|学|理|科|患|人)|有病吧你|你有病|(?<![a-z0-9])(?:sb|cnm|nmsl|tmd|nmd|mlgb)(?![a-z0-9])"
    r"|\bf+u+c+k(?:ing|ers?|ed|s| you| off)?\b|\bf\*+k(?:ing)?\b|\basshole|\bmother ?fucker|\bbitch(?:es)?\b|\bcunt|\bdickhead|\bstfu\b|\bgo to hell\b|\bpiss off\b|\bscrew you\b|\bbullshit\b|\bpiece of shit\b|\bgo kill yourself\b|\bshut up\b"
    r"|\b(?:you(?:'re| are| r)?|ur|your (?:company|service|bot)|this (?:bot|company|service|stupid bot))(?: is| are)?(?: such)?(?: a| an| all| just| so| really| fucking| completely)* (?:stupid|idiots?|morons?|useless|dumb|trash|garbage|shit(?:ty)?|retard(?:ed|s)?|pathetic|crap|bastards?|scum)\b|\bstupid (?:bot|robot|machine)\b"
)
_LONGEST = 2000


def concern_of(message: str) -> Concern | None:
    """What speaks against simply answering, or None. Attempts weigh more than rudeness."""
    text = normalize(message[:_LONGEST]).replace("’", "'")
    if _INJECTION.search(text):
        return Concern.INJECTION
    if _OTHERS.search(text):
        return Concern.OTHERS_DATA
    if _ABUSE.search(text):
        return Concern.ABUSE
    return None
