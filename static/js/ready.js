// Runs before the page is drawn: tells the style sheets that JavaScript is here.
document.documentElement.classList.add("js");
