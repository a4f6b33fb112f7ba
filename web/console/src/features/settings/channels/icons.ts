import {
  Bot,
  Building2,
  Code2,
  Globe,
  type LucideIcon,
  Mail,
  MessageCircle,
  MessageSquare,
  MessagesSquare,
  Phone,
  Send,
  Smartphone,
  Store,
  Webhook,
} from "lucide-react";

const ICONS: Record<string, LucideIcon> = {
  webchat: Globe,
  api: Code2,
  email: Mail,
  wechat: MessageCircle,
  wechat_mini: Smartphone,
  wecom: MessagesSquare,
  dingtalk: Building2,
  feishu: Building2,
  telegram: Send,
  whatsapp: MessageCircle,
  messenger: MessageCircle,
  instagram: MessageCircle,
  line: MessageCircle,
  slack: MessagesSquare,
  sms: MessageSquare,
  walkin: Store,
  phone: Phone,
  incoming: Webhook,
};

/** The picture of a channel; one that is not known has the robot of everything else. */
export const channelIcon = (name: string): LucideIcon => ICONS[name] ?? Bot;
