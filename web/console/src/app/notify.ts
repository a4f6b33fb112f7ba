import { usePrefs } from "./prefs";

let audio: AudioContext | null = null;

/** Two soft notes made on the spot: no file to load, nothing for the content policy to refuse. */
export function playSound(kind: "offer" | "message"): void {
  try {
    audio ??= new AudioContext();
    if (audio.state === "suspended") void audio.resume();
    const start = audio.currentTime + 0.02;
    const notes = kind === "offer" ? [659.25, 880, 1108.73] : [784, 987.77];
    notes.forEach((frequency, index) => {
      const oscillator = audio!.createOscillator();
      const gain = audio!.createGain();
      const at = start + index * 0.13;
      oscillator.type = "sine";
      oscillator.frequency.value = frequency;
      gain.gain.setValueAtTime(0.0001, at);
      gain.gain.exponentialRampToValueAtTime(kind === "offer" ? 0.16 : 0.09, at + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.32);
      oscillator.connect(gain).connect(audio!.destination);
      oscillator.start(at);
      oscillator.stop(at + 0.36);
    });
  } catch {
    // A browser without audio, or one that wants a click first: the eye has the badge.
  }
}

export type NotificationAnswer = "granted" | "denied" | "unsupported";

/** Must be called from a click. */
export async function askForNotifications(): Promise<NotificationAnswer> {
  if (!("Notification" in window)) return "unsupported";
  const answer = await Notification.requestPermission();
  return answer === "granted" ? "granted" : "denied";
}

/** Sound and, while the window is in the background, a system notification. */
export function announce(options: {
  kind: "offer" | "message";
  title: string;
  body?: string;
  tag: string;
  onClick?: () => void;
}): void {
  const { sound, notifications } = usePrefs.getState();
  if (sound) playSound(options.kind);
  if (!notifications || document.visibilityState === "visible") return;
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const notification = new Notification(options.title, {
    body: options.body,
    tag: options.tag,
    icon: "/console/favicon.svg",
  });
  notification.onclick = () => {
    window.focus();
    notification.close();
    options.onClick?.();
  };
}
