// Redocly's links name its own routes, for example "/other/discovery". Its script follows them on a click; opened
// in a new tab or copied, they would lead to the root of the server. The same routes work behind a "#".
const mend = () => {
  for (const link of document.querySelectorAll('#redoc a[href^="/"]')) {
    link.setAttribute("href", "#" + link.getAttribute("href"));
  }
};
mend();
new MutationObserver(mend).observe(document.getElementById("redoc"), {
  attributeFilter: ["href"], childList: true, subtree: true,
});
