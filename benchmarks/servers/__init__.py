"""The measured servers, one a module with an `app`, and the script that serves any of them."""
