// Before anything draws: the page's language, from the address, the last choice, or the browser. The chat reads it too.
(() => {
  const wish = new URLSearchParams(location.search).get("lang");
  let kept = null;
  try {
    if (wish) localStorage.setItem("kapok.lang", wish);
    kept = localStorage.getItem("kapok.lang");
  } catch {
    // Storage is blocked: the address and the browser still say it.
  }
  document.documentElement.lang = /^en/i.test(wish || kept || navigator.language) ? "en" : "zh-CN";
})();
