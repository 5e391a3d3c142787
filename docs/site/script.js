const key = "redoc.colorMode"; // the reference pages read the same setting
const page = document.documentElement;
const toggle = document.getElementById("theme");
const isDark = () =>
  page.classList.contains("dark") ||
  (!page.classList.contains("light") && matchMedia("(prefers-color-scheme: dark)").matches);
const say = () => { toggle.textContent = isDark() ? "Light" : "Dark"; };
toggle.hidden = false;
toggle.onclick = () => {
  const next = isDark() ? "light" : "dark";
  page.classList.remove("light", "dark");
  page.classList.add(next);
  try { localStorage.setItem(key, next); } catch { /* without storage the choice lasts for this page */ }
  say();
};
say();
for (const snippet of document.querySelectorAll(".snippet")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(snippet.querySelector("code").textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(snippet.querySelector("code"));
      button.textContent = "Press Ctrl-C";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  };
  snippet.append(button);
}
document.querySelector(".site-header [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
