"""What a message wants apart from an answer: rules, because they must be right on the first day and explainable.

A rule speaks only when the whole message is about it ("你好，运费多少" is a question, not a greeting); wanting a person
is the exception: it counts wherever it is said, unless it is denied or asked about.
"""
# ruff: noqa: E501  the rules are tables of words, easier to check in rows

import re
from enum import StrEnum

from qiao.core.text import normalize


class Intent(StrEnum):
    HANDOFF = "handoff"
    NO_HANDOFF = "no_handoff"
    GREETING = "greeting"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    YES = "yes"
    HEARD = "heard"
    """They have taken it in or will try it, and ask nothing: neither a yes nor a thank you."""
    NO = "no"
    CHITCHAT = "chitchat"
    EMPTY = "empty"
    QUESTION = "question"
    GUARDED = "guarded"
    """Of a message that was not looked at for its intent: something spoke against it."""


_PERSON = (
    r"(?:真人|活人|人工(?:客服|服务|坐席|座席|专员|台)?|(?:在线|专属|售后|售前|人类)客服(?:人员|专员)?|客服(?:人员|专员|小姐姐|小哥)?|"
    r"坐席|座席|专员|接线员|话务员|你们?的?(?:经理|主管|领导|负责人|老板))"
)
_WANT = (
    r"(?:转接?|接通?|换|找|叫|喊|要|想要|联系|呼叫|请求|需要|安排|派|给我|帮我|跟|和|与|让|来|有|连接?|进入?|切换?|改)"
)
_HANDOFF_ZH = re.compile(
    rf"^(?:我?要?|你好,?|亲,?|请|麻烦|快点?)?{_PERSON}(?:呢|啊|吧|在吗|在不在|有吗|谢谢|快点?|来|处理|接待|一下)*$"
    rf"|转接?到?(?:一?下)?(?:给)?(?:一?[个名位])?{_PERSON}|转接?(?:个|一个)?人(?!民|账)|转人(?!民|账)|人工(?:介入|处理|接待|帮助|帮忙|回复|解答|受理|沟通|对话|聊)"
    rf"|{_WANT}(?:一?下|到|成|我)*(?:一?[个名位])?(?:你们?的?)?{_PERSON}(?=$|[^一-鿿]|[吧啊呀呢吗了来谢快帮处说解聊沟通对话反])"
    r"|(?:找|换|叫|要|来|让|派|和|跟)(?:一?[个名位])?(?:真的?)?(?:真人|活人|懂的人|人来|人处理|人跟我|人和我|人给我|人回)"
    r"|(?:和|跟|与)(?:一?个)?(?:真)?人(?:聊|说|谈|沟通|对话|讲)|我要?找人(?:$|工|[聊说问帮解处])|有没有(?:真人|活人|人工|人在|客服)|有没有人(?:[啊呀吗呢]*$|[理管回])|^(?:客服)?人呢$|^怎么没人(?:理我?|回我?)?[啊呀呢]?$|有人(?:在)?吗"
    r"|不(?:想|要|跟|和|愿)[^,。]{0,4}(?:机器人?|ai|智能客服)(?:聊|说|谈|讲|沟通|对话|废话)|别(?:用|拿|让)?(?:机器人?|智能客服)"
    r"|不(?:想)?要[^,。?]{0,3}(?:机器人|智能客服)(?:$|回复|回答|了|[,。!])"
    r"|(?:我要|我想|我得|必须)(?:投诉|举报)(?:你|$|[,。!])"
)
# 人工 also means labour, artificial and manual; asking about the service is a question for the knowledge base.
_ABOUT_ZH = re.compile(
    r"人工(?:费|智能|成本|合成|降雨|授精|湖|草坪|审核|贴膜|安装|(?:客服|服务)?(?:的)?(?:时间|电话|热线|工作时间|上班|下班|几点|收费|在线时间|什么时间|什么时候))"
    r"|客服(?:的)?(?:电话|热线|邮箱|微信|时间|工作时间|号码|几点|态度|什么时候|上班|下班|在哪)|转人工(?:要|需要|得)?(?:收费|花钱|付费|多少钱|等多久|多久)"
    r"|(?:联系|换|找|要)(?:了|过).{0,4}客服|客服(?:说|告诉|跟我说|答应|承诺|让我|给我)"
)
_DENIED_ZH = re.compile(
    rf"(?:不用|不需要|不要|别|无需|不必|不想|没必要|不是要|先不|暂时不|甭|用不着|取消)(?:再|给我|帮我|急着|去|现在)*(?:{_WANT}|到|给)*(?:一?[个名位])?{_PERSON}"
    rf"|{_PERSON}?(?:就)?(?:不用|不需要|不要)(?:转|找|叫)|(?:不用|别|不要|不需要|取消)转(?:接|人)?"
)

_PERSON_EN = (
    r"(?:(?:an?|the|some|your|real|live|actual|human|another|any|customer)\s+)*(?:human(?: being| agent)?|person|people|agent|representative|rep|operator|"
    r"somebody|someone|supervisor|manager|advisor|adviser|live chat|customer (?:service|support|care)|support (?:agent|team|person|staff)|staff member)"
)
_HANDOFF_EN = re.compile(
    rf"\b(?:talk|speak|chat|connect(?: me)?|transfer(?: me)?|switch(?: me)?|put me through|hand me over|pass me|get me|give me|escalate(?: me| this)?|"
    rf"reach|contact|call|need|want|like|prefer|let me have|can i have|could i have|may i have)\b(?:\s+(?:right|now|please|directly|just))*\s+(?:(?:to|with|over|through|speak|talk|get)\s+)*{_PERSON_EN}\b(?!\s+(?:on|in|from|who|whose|else|to (?:see|use|edit|access|sign|join|have))\b)"
    rf"|^(?:please |pls |a |an |the )*(?:human|agent|representative|operator|real person|live agent|live person|human agent|customer service|customer support|person|live chat|support agent)(?: please| pls| now| help)*$"
    r"|\b(?:is|are) (?:there )?(?:a |any |some)?(?:real |live |actual |human )*(?:human|person|people|agents?|somebody|someone|anyone|anybody)(?: (?:there|here|available|online|around))+"
    r"|\bi (?:want|wish|would like|need|am going) to (?:make|file|lodge|raise) a (?:formal )?complaint\b(?! about)"
    r"|\bnot? (?:talk(?:ing)? to )?a? ?(?:ro)?bot\b|\b(?:stop|no more|hate|don't want|do not want|sick of|tired of)\b.{0,25}\b(?:ro)?bots?\b"
)
_ABOUT_EN = re.compile(
    r"\b(?:hours|opening|phone number|e-?mail address|when (?:is|are|can)|what time|become|user.?agent|agent fee|travel agent|estate agent|"
    r"(?:agent|representative|person|someone|somebody|people|human|support|service|rep) (?:told|said|promised|else'?s|hacked|stole|used|logged|signed|took|opened|has|had|was|were))\b"
    r"|\b(?:add|invite|remove|delete|gift|send (?:it|this|money)|transfer (?:it|money|funds|my))\b.{0,30}\b(?:person|people|someone|somebody)\b"
    r"|\b(?:talked|spoke|spoken|chatted) (?:to|with)\b"
)
_DENIED_EN = re.compile(
    r"\b(?:don'?t|do not|dont|no longer|not|never|no need|needn'?t|without|instead of|rather than|cancel)\b(?:\s+(?:need|want|have|wish|have to|going|really|yet|any|to))*\s*"
    rf"(?:to\s+)?(?:(?:talk|speak|chat|connect|transfer|switch|talking|speaking|being transferred|handed|hand)(?: me)?\s+(?:over\s+)?(?:to|with)\s+)?{_PERSON_EN}\b"
)

_EDGE = r"[\s,，.。!！~～?？:：;；、…^_)(\-]*"
_CALL = r"(?:亲|亲亲|您|你|客服|小桥|机器人|小助手|各位|大家|老师)?"


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"{_EDGE}(?:(?:{pattern}){_EDGE})+")


_GREETING = _whole(
    rf"{_CALL}(?:你好|您好|你们好|大家好|哈[喽啰罗]|嗨+|早上好|早安|上午好|中午好|下午好|晚上好|早|在吗|在么|在不在|在不|在嘛|有人在吗)[啊呀呢哦亲吗]*"
    r"|h(?:i+|ello+|ey+|iya)|yo|good (?:morning|afternoon|evening|day)|greetings|howdy|there|anyone there|are you there"
)
_THANKS = _whole(
    rf"(?:好的?|嗯+|哦+|行|ok(?:ay)?|可以|明白了?|知道了?|懂了|了解了?|收到)?,?(?:非常|太|十分|真的?|多)?(?:谢谢?|感谢|多谢|谢了|谢啦|辛苦了?|麻烦了?){_CALL}(?:了|啦|啊|哈|哦|你们?|您|的帮助|帮助|支持|回复|解答)*"
    r"|(?:ok(?:ay)?|great|perfect|cool|awesome|got it|alright)?,?\s*(?:many |big )?(?:thanks?|thank you|thank u|thx|ty|tks|cheers|much appreciated|appreciate it)(?: (?:so|very|a lot|much|again|lot|bunch|for (?:your|the) help|for helping|you|anyway|man|mate|guys))*"
)
_GOODBYE = _whole(
    r"(?:先)?(?:再见|拜拜?|掰掰|回见|回头见|下次见|晚安|88+|没(?:别的|其他)?(?:事|问题)了|没有(?:其他|别的)?(?:问题)?了|我?先?(?:走|下|撤|忙)(?:了|啦))[啊哈啦哦了]*"
    r"|(?:good ?)?bye+(?: bye+)?(?: for now)?|see (?:you|ya)(?: later| soon)?|have a (?:nice|good|great) (?:day|one|evening|weekend)|good ?night|that(?:'s| is| will be)? all|nothing else|take care|cya|ttyl"
)
_YES_WORDS = (
    r"是的?|对的?|嗯+|恩+|好的?|好[啊呀吧]|行[啊吧]?|可以的?|没错|正确|确定|确认|要的?|需要|对对+|是是|当然|ok(?:ay)?|k"
    r"|y(?:es|ep|eah|up)?|sure|correct|right|exactly|of course|please do|go ahead|confirm(?:ed)?|that's right|absolutely|definitely|fine|alright"
)
_YES = _whole(_YES_WORDS)
_HEARD = _whole(
    r"(?:那|那么|原来)?(?:我|咱)?(?:都|就|已经|大概|基本|差不多)?(?:明白|知道|懂|了解|清楚|晓得|理解|看懂|看明白|收到|学会|记住)了?(?:的|啊|啦|呀|哈)*"
    r"|原来(?:如此|是?这样子?)(?:的|啊|呀)*|这样(?:子)?[啊呀]|那(?:我)?就?放心了|有道理"
    r"|赞+|点赞|厉害|太?(?:好|棒|完美|给力)(?:了|啦)|(?:挺|很|真)(?:好|不错|棒|清楚)的?|不错|完美|棒+|(?:已经)?(?:解决|搞定|弄好|可以|行|找到|好使)(?:了|啦)"
    r"|那?我?(?:(?:先|再|就|去|自己)+(?:试|看|等|想|考虑|研究)|(?:先|再|就|去|自己)*(?:(?:试|看|等|想|考虑|研究)一?下|试一?试|看一?看|等一?等|想一?想|考虑考虑|研究研究))(?:一?[试看等想]|一下|考虑|研究)?吧?|稍等(?:一下|下)?|哈+|[哦噢喔]+"
    r"|(?:i )?(?:got (?:it|that)|get it|see|understand|understood)(?: now)?|noted|makes sense|that makes sense|great|perfect|cool|nice|awesome|wonderful|brilliant|excellent|lovely|good to know"
    r"|sounds good|will do|i'?ll (?:try|check|wait|see|do|have a look)(?: (?:it|that|this|again|out|then|later))*|(?:that|it) (?:helps|helped|works|worked)(?: now)?|solved|all good|oh|ah|aha"
    rf"|{_YES_WORDS}"
)
_NO = _whole(
    r"不|不是的?|不对|不用了?|不要了?|不需要了?|不行|没有|否|错了?|都不是|不是这个|不可以|算了吧?|没用|没解决|没有解决|不是我要的"
    r"|no+|nope|nah|not (?:that|this|really|those)|none(?: of (?:these|those|them))?|neither|wrong|incorrect|no thanks?|no thank you|never ?mind|didn't help|not helpful"
)
_CHITCHAT = _whole(
    r"哈+|呵+|嘿+|嘻+|233+|666+|你是谁|你叫什么(?:名字)?|你是(?:机器人|真人|ai|人工智能)(?:吗|还是.{1,4})?|你(?:几岁|多大)了?|你会(?:什么|做什么|干什么|干嘛)|你能(?:做什么|干什么|干嘛|帮我什么)|"
    r"讲个笑话|唱首歌|陪我聊(?:天|聊)|聊(?:会儿?)?天(?:吧)?|你真(?:聪明|棒|可爱|笨|傻)|你(?:吃饭|睡觉|下班)了(?:吗|没)|我爱你|我喜欢你|今天天气(?:怎么样|真好|不错)?|测试(?:一下)?|无聊"
    r"|(?:ha){2,}|lol|who are you|what(?:'s| is) your name|are you (?:a )?(?:ro)?(?:bot|human|real|real person|an? ai|ai)(?: or .{1,12})?|how are you(?: doing)?(?: today)?|how old are you|"
    r"what can you do(?: for me)?|tell me a joke|i love you|you(?:'re| are) (?:great|stupid|funny|smart|awesome|the best)|sing a song|what's up|test(?:ing)?|i'm bored"
)
_LONGEST_SMALL_TALK = 80
_GAP = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_SILENT = re.compile(r"[\W_]*")

# In this order: 好的谢谢 is thanks, 谢谢再见 goodbye.
_WHOLE = (
    (Intent.GREETING, _GREETING),
    (Intent.CHITCHAT, _CHITCHAT),
    (Intent.THANKS, _THANKS),
    (Intent.GOODBYE, _GOODBYE),
    (Intent.YES, _YES),
    (Intent.NO, _NO),
    (Intent.HEARD, _HEARD),
)
_POLITE = re.compile(rf"(?:{_THANKS.pattern})(?:{_GOODBYE.pattern})|(?:{_NO.pattern})?(?:{_GOODBYE.pattern})")


def intent_of(message: str) -> Intent:
    """The one thing a message is. QUESTION is everything the rules do not claim."""
    text = _GAP.sub("", normalize(message).replace("’", "'"))
    if _SILENT.fullmatch(text):
        return Intent.EMPTY
    wish = _handoff(text)
    if wish is not None:
        return wish
    if len(text) > _LONGEST_SMALL_TALK:
        return Intent.QUESTION
    for intent, pattern in _WHOLE:
        if pattern.fullmatch(text):
            return intent
    return Intent.GOODBYE if _POLITE.fullmatch(text) else Intent.QUESTION


def wants_person(message: str) -> bool:
    return intent_of(message) is Intent.HANDOFF


def _handoff(text: str) -> Intent | None:
    if len(text) > 300:
        return None
    denied = _DENIED_ZH.search(text) or _DENIED_EN.search(text)
    rest = _DENIED_EN.sub(" ", _DENIED_ZH.sub(" ", text)) if denied else text
    rest = rest.rstrip(" ,。，!！?？~～.;；")
    zh = _HANDOFF_ZH.search(_ABOUT_ZH.sub(" ", rest))
    en = None if _ABOUT_EN.search(rest) else _HANDOFF_EN.search(rest)
    if zh or en:
        return Intent.HANDOFF
    return Intent.NO_HANDOFF if denied else None
