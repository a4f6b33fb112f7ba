/** Questions every service centre hears, to be adapted: imported as drafts, so nothing untrue is ever said to a customer. */

interface Row {
  category: string;
  question: string;
  variants: string[];
  answer: string;
}

const ZH: Row[] = [
  {
    category: "订单",
    question: "怎么查看我的订单？",
    variants: ["订单在哪里看", "我想查订单", "怎么找到下过的单"],
    answer: "登录后打开“我的订单”，可以看到所有订单和当前状态。",
  },
  {
    category: "订单",
    question: "下单后可以取消吗？",
    variants: ["怎么取消订单", "不想要了怎么办", "订单能退掉吗"],
    answer: "发货前可以在“我的订单”里取消，款项原路退回。发货后请在收到商品后申请退货。",
  },
  {
    category: "订单",
    question: "下单后可以修改地址吗？",
    variants: ["地址填错了", "怎么改收货地址", "换一个收货人"],
    answer: "发货前可以在订单详情里修改地址。已经发货的，请联系人工客服协助。",
  },
  {
    category: "物流配送",
    question: "多久能到货？",
    variants: ["几天能收到", "什么时候到", "配送要多长时间"],
    answer: "（请按实际情况填写）一般在付款后 24 小时内发货，2–5 天送达。",
  },
  {
    category: "物流配送",
    question: "怎么查物流？",
    variants: ["快递到哪了", "查一下包裹", "物流信息在哪看"],
    answer: "在订单详情里可以看到快递公司、运单号和最新进度。",
  },
  {
    category: "物流配送",
    question: "运费是多少？",
    variants: ["包邮吗", "邮费怎么算", "运费谁出"],
    answer: "（请按实际情况填写）满 99 元包邮，不满收取 8 元运费。",
  },
  {
    category: "退换货",
    question: "怎么申请退货？",
    variants: ["我要退货", "退货流程是什么", "东西不合适怎么退"],
    answer: "在订单详情里点“申请退货”，填写原因并寄回商品。（请补充退货期限与条件）",
  },
  {
    category: "退换货",
    question: "退款多久到账？",
    variants: ["钱什么时候退", "退款没收到", "退款要几天"],
    answer: "收到退货并验收后，款项按原支付方式退回，通常 1–5 个工作日到账。",
  },
  {
    category: "支付与发票",
    question: "支持哪些支付方式？",
    variants: ["怎么付款", "可以用信用卡吗", "能货到付款吗"],
    answer: "（请按实际情况填写）支持微信支付、支付宝和银行卡。",
  },
  {
    category: "支付与发票",
    question: "怎么开发票？",
    variants: ["要开票", "可以开公司发票吗", "发票在哪里下载"],
    answer: "在订单详情里点“申请发票”，填写抬头和税号，电子发票会发送到邮箱。",
  },
  {
    category: "账户",
    question: "忘记密码怎么办？",
    variants: ["登录不上", "密码不记得了", "怎么重置密码"],
    answer: "在登录页点“忘记密码”，按提示用手机号或邮箱重置。",
  },
  {
    category: "联系我们",
    question: "客服什么时候在线？",
    variants: ["几点上班", "周末有人吗", "人工服务时间"],
    answer: "（请按实际情况填写）人工客服每天 9:00–21:00 在线，其他时间可以留言。",
  },
];

const EN: Row[] = [
  {
    category: "Orders",
    question: "Where can I see my order?",
    variants: ["Find my order", "Where are my orders", "Check an order I placed"],
    answer: "Sign in and open “My orders” to see every order and its state.",
  },
  {
    category: "Orders",
    question: "Can I cancel an order?",
    variants: ["How do I cancel", "I changed my mind", "I do not want it any more"],
    answer:
      "Before it is sent you can cancel it in “My orders”; you are refunded the way you paid. After that, please return it.",
  },
  {
    category: "Orders",
    question: "Can I change the delivery address?",
    variants: ["I entered the wrong address", "Change the recipient", "Send it somewhere else"],
    answer:
      "Before it is sent, change it in the order’s details. After that, please ask one of our people for help.",
  },
  {
    category: "Delivery",
    question: "How long does delivery take?",
    variants: ["When will it arrive", "How many days", "Delivery time"],
    answer: "(Please adapt) Orders usually leave within 24 hours and arrive in 2–5 days.",
  },
  {
    category: "Delivery",
    question: "How do I track my parcel?",
    variants: ["Where is my parcel", "Tracking number", "Has it been sent"],
    answer: "The order’s details show the carrier, the tracking number and the latest news.",
  },
  {
    category: "Delivery",
    question: "How much is shipping?",
    variants: ["Is shipping free", "Delivery cost", "Who pays for postage"],
    answer: "(Please adapt) Free above 50; below that we charge 5.",
  },
  {
    category: "Returns",
    question: "How do I return something?",
    variants: ["I want to send it back", "Return policy", "It does not fit"],
    answer:
      "Choose “Return” in the order’s details, say why, and send it back. (Please add the time limit and conditions.)",
  },
  {
    category: "Returns",
    question: "When do I get my refund?",
    variants: ["Refund not received", "How long does a refund take", "Where is my money"],
    answer:
      "Once the return has been checked you are refunded the way you paid, usually within 1–5 working days.",
  },
  {
    category: "Payment",
    question: "How can I pay?",
    variants: ["Payment methods", "Do you take credit cards", "Can I pay on delivery"],
    answer: "(Please adapt) We take cards and common online payments.",
  },
  {
    category: "Payment",
    question: "How do I get an invoice?",
    variants: ["I need an invoice", "Invoice for my company", "Download the invoice"],
    answer:
      "Choose “Invoice” in the order’s details and fill in the name and tax number; it comes by e-mail.",
  },
  {
    category: "Account",
    question: "I forgot my password",
    variants: ["Cannot sign in", "Reset my password", "Locked out of my account"],
    answer: "Choose “Forgot password” where you sign in and follow the steps.",
  },
  {
    category: "Contact",
    question: "When can I talk to a person?",
    variants: ["Opening hours", "Are you there at weekends", "When is support online"],
    answer: "(Please adapt) People are here daily from 9 to 21; at other times please leave a message.",
  },
];

export function starterRows(locale: "zh-CN" | "en"): Row[] {
  return locale === "en" ? EN : ZH;
}

const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);

/** The set as the same file a person would import. */
export function starterFile(locale: "zh-CN" | "en"): File {
  const header =
    locale === "en" ? ["category", "question", "variants", "answer"] : ["分类", "问题", "相似问法", "答案"];
  const lines = [
    header,
    ...starterRows(locale).map((row) => [row.category, row.question, row.variants.join("|"), row.answer]),
  ];
  const text = `\ufeff${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
  return new File([text], locale === "en" ? "starter.csv" : "常用问题.csv", { type: "text/csv" });
}
