/** Small enough to stay in the script: a second request before opening would cost more. */
export const CSS = `
:host{all:initial;position:fixed;z-index:2147483000;inset:auto 0 0 auto;width:0;height:0;--accent:#2b5fd9;--on:#fff;--side:right;font:14px/1.5 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",Inter,system-ui,sans-serif;color-scheme:light dark}
[hidden]{display:none!important}
button{font:inherit;border:0;cursor:pointer}
.launcher{position:fixed;right:20px;bottom:20px;width:56px;height:56px;padding:0;border-radius:50%;background:var(--accent);color:var(--on);box-shadow:0 1px 3px rgb(0 0 0/.16),0 8px 28px rgb(0 0 0/.2);transition:transform .15s,box-shadow .15s;-webkit-tap-highlight-color:transparent;animation:in .15s}
.launcher:hover{transform:scale(1.05);box-shadow:0 1px 3px rgb(0 0 0/.18),0 10px 34px rgb(0 0 0/.26)}
.launcher:active{transform:scale(.96)}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
svg{position:absolute;inset:14px;width:28px;height:28px;transition:opacity .15s,transform .15s;fill:currentColor}
.down{fill:none;stroke:currentColor;stroke-width:2.4;stroke-linecap:round;stroke-linejoin:round;opacity:0;transform:rotate(-60deg)}
:host([data-open]) .chat{opacity:0;transform:rotate(40deg) scale(.7)}
:host([data-open]) .down{opacity:1;transform:none}
.badge{position:absolute;top:-3px;right:-3px;min-width:20px;height:20px;padding:0 5px;box-sizing:border-box;border-radius:10px;background:#d92d20;color:#fff;font-size:12px;line-height:20px;font-weight:600;text-align:center;box-shadow:0 0 0 2px #fff}
:host([data-open]) .badge{display:none}
.panel{position:fixed;right:20px;bottom:92px;width:400px;height:min(720px,calc(100vh - 112px));height:min(720px,calc(100dvh - 112px));border-radius:20px;overflow:hidden;background:#fff;box-shadow:0 0 0 1px rgb(15 20 30/.06),0 12px 48px rgb(15 20 30/.22);visibility:hidden;opacity:0;transform:translateY(12px) scale(.98);transform-origin:bottom right;transition:opacity .15s,transform .15s,visibility 0s .15s}
:host([data-open]) .panel{visibility:visible;opacity:1;transform:none;transition:opacity .15s,transform .15s}
iframe{display:block;width:100%;height:100%;border:0;color-scheme:light dark}
.preview{position:fixed;right:20px;bottom:90px;width:min(300px,calc(100vw - 40px));display:flex;border-radius:14px;background:#fff;color:#16181d;box-shadow:0 0 0 1px rgb(15 20 30/.06),0 8px 32px rgb(15 20 30/.18);animation:in .15s}
:host([data-open]) .preview{display:none}
.text{flex:1;min-width:0;padding:12px 0 12px 16px;background:none;color:inherit;text-align:start;border-radius:14px}
.text b{display:block;font-size:12px;font-weight:600;color:#5b6270}
.text span{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden;overflow-wrap:anywhere}
.x{align-self:start;width:32px;height:32px;margin:4px;border-radius:8px;background:none;color:#5b6270;font-size:18px;line-height:1}
.x:hover{background:rgb(120 130 150/.14)}
:host([data-left]) :is(.launcher,.panel,.preview){right:auto;left:20px;transform-origin:bottom left}
@keyframes in{from{opacity:0;transform:translateY(6px)}}
@media(prefers-color-scheme:dark){.panel,.preview{background:#1b1d22;color:#eceef2}.text b,.x{color:#a3abb8}.badge{box-shadow:0 0 0 2px #16181d}}
@media(max-width:520px),(max-height:480px){.launcher{right:16px;bottom:calc(16px + env(safe-area-inset-bottom))}:host([data-open]) .launcher{visibility:hidden}:host([data-open]) .panel,.panel{inset:0;width:100%;height:100vh;height:100dvh;border-radius:0;box-shadow:none}}
@media(prefers-reduced-motion:reduce){*{transition:none!important;animation:none!important}}
@media print{:host{display:none}}
`;
